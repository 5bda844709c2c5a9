import { Column, CreateDateColumn, Entity, JoinColumn, OneToOne, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { MovieSource } from './movie-source';

@Entity('storage')
export class Storage {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ unique: true })
  infoHash!: string;

  @Column({ type: 'float', default: 0 })
  downloadProgress!: number;

  @Column({ type: 'float', default: 0 })
  uploadProgress!: number;

  @Column({ type: 'simple-enum', enum: ['downloading', 'completed', 'seeding', 'paused', 'error'] })
  status!: string;

  @Column({ default: 0 })
  peers!: number;

  @Column({ type: 'bigint', default: 0 })
  downloaded!: number;

  @Column({ type: 'bigint', default: 0 })
  uploaded!: number;

  @UpdateDateColumn()
  lastUpdated!: Date;

  @CreateDateColumn()
  createdAt!: Date;

  @OneToOne(() => MovieSource, (source) => source.storage)
  @JoinColumn({ name: 'infoHash', referencedColumnName: 'infoHash' })
  source!: MovieSource;
}
